import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    coverage: { provider: 'v8', include: ['src/**', 'actors/**'], reporter: ['text'] },
  },
});
