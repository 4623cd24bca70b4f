import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Every package runs `vitest run --config ../../vitest.config.ts`; the root is the package (the working directory).
// Workspace packages resolve to dist/ and load as plain Node modules, so that tests run the published files: vitest's module
// runner makes every cross-module call several times as expensive. COVERAGE=1 uses the sources instead.
const source = process.env['COVERAGE'] === '1';
const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: source ? ['@raftlab/source'] : [] } },
  test: {
    include: ['test/**/*.test.ts'],
    server: { deps: { external: source ? [] : [/\/dist\//] } },
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    // apps/raftlab has three: many of its tests wait for processes, and turbo starts them last, when no others fill the cores.
    maxWorkers: 2,
    // Test files share the modules that a worker has loaded: loading them again for each file takes longer than most tests.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**'], reportsDirectory: 'reports/coverage' },
  },
});
export default config;
