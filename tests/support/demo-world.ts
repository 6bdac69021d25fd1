import { postgresFolder } from '../../server/db/embedded.ts';
import { startApp } from './app.ts';
import { makeDataDir, removeDataDir, sharedWorldVariable } from './data-folder.ts';

/**
 * Fill a data folder with the demo world for all test processes started from here on: drawing its radiographs takes
 * long, copying it does not.
 * @returns what removes it
 */
export async function shareDemoWorld(): Promise<() => Promise<void>> {
  const dataDir = await makeDataDir();
  const app = await startApp({ dataDir, args: ['--no-sfu'] });
  await app.stop();
  // A database that had to be placed elsewhere would be one for all copies.
  if ((await postgresFolder(dataDir)).startsWith(dataDir)) process.env[sharedWorldVariable] = dataDir;
  return () => removeDataDir(dataDir);
}
