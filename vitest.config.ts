import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

// In projects, so that `vitest --project unit` needs neither a database nor a browser.
export default defineConfig({
  plugins: [sveltekit()],
  test: {
    // All cores: by default one is left idle, which on two is half of them.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        // Modules are loaded once a worker instead of once a file: half the time. No unit test leaves a module changed.
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'server/**/*.test.ts'],
          isolate: false,
          unstubGlobals: true
        }
      },
      {
        // Modules are loaded once a worker here too: they took a fifth of the time. What a test needs of its own - a
        // database, folders, servers - it makes, and no test leaves a module changed.
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/{integration,collab}/**/*.test.ts'],
          globalSetup: ['tests/support/postgres.global.ts'],
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000
        }
      },
      {
        // Native media peers live as long as their process: each file has its own.
        extends: true,
        test: {
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          globalSetup: ['tests/support/postgres.global.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000
        }
      },
      {
        // Kills and starves whole apps: run with one worker, for others would take the ports that are let go.
        extends: true,
        test: {
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          globalSetup: ['tests/support/postgres.global.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000
        }
      },
      {
        // Asks the built app: run after a build.
        extends: true,
        test: {
          name: 'access',
          include: ['tests/access/**/*.test.ts'],
          globalSetup: ['tests/support/postgres.global.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          server: { deps: { external: [/\.svelte-kit\/output\//] } }
        }
      }
    ]
  }
});
