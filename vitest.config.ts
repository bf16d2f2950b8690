import { defineConfig } from 'vitest/config'

const common = {
  globalSetup: ['test/support/global-setup.ts'],
  testTimeout: 30_000,
  hookTimeout: 60_000,
}

export default defineConfig({
  test: {
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...common } },
      {
        test: {
          name: 'e2e',
          include: ['test/{contract,e2e}/**/*.test.ts'],
          ...common,
          fileParallelism: false,
        },
      },
    ],
  },
})
