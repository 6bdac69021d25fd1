import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './src/lib/features/*/tables.server.ts',
    './src/lib/features/consults/encryption-table.server.ts',
    './src/lib/features/consults/recording-tables.server.ts'
  ],
  out: './server/db/migrations'
});
