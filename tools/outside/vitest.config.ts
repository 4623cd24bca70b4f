import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Separate from the other tests: these need a registry, and take minutes.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['outside/**/*.test.ts'],
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest-outside.json' },
    // Checkers of packages, each a process of its own.
    maxConcurrency: 2,
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
export default config;
