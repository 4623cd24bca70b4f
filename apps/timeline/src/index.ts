export { timelinePage } from './timeline-page.ts';
