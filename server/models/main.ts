// `npm run models`: makes the models of the mouth guide and the blurred background ready, as every start does;
// `-- --from DIR` takes over a site's own, `-- --packaged` goes back to those of the packages.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { StopError } from '../launch/stop-error.ts';
import { dropOwnModels, ownFolder, takeOwnModels } from './own.ts';
import { ensureModels } from './prepare.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { from: { type: 'string' }, packaged: { type: 'boolean' }, data: { type: 'string' } }
  });
  const { root, dataDir } = readConfig(values.data ? ['--data', values.data] : [], process.env);
  if (values.packaged) await dropOwnModels(dataDir);
  if (values.from) {
    const taken = await takeOwnModels(dataDir, resolve(values.from));
    process.stdout.write(`Taken over into ${ownFolder(dataDir)}: ${taken.join(', ')}\n`);
  }
  process.stdout.write(`Models of the packages: ${await ensureModels(root)}\n`);
}

await main().catch((error: unknown) => {
  const known = error instanceof StopError;
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
