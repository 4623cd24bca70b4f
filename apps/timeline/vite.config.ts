// Builds the page as one file, dist/page.html, into which timelinePage inserts a trace.
import { defineConfig, type UserConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

const config: UserConfig = defineConfig({
  root: 'src/page',
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist',
    emptyOutDir: false, // tsc also writes there
    target: 'es2023',
    rolldownOptions: { input: 'src/page/page.html' },
  },
});
export default config;
