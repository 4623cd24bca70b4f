// Builds the page: everything that it needs goes into one file, dist/page.html, which timelinePage then fills.
import { defineConfig, type UserConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

const config: UserConfig = defineConfig({
  root: 'src/page',
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist',
    emptyOutDir: false, // tsc writes there too
    target: 'es2023',
    rolldownOptions: { input: 'src/page/page.html' },
  },
});
export default config;
