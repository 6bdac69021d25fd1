import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { bad, good, none, reasonOf, type Outcome } from './doctor-outcome.ts';
import { refusalOfEgress } from './sfu/egress.ts';
import { loadOrCreateKeys } from './sfu/keys.ts';

/**
 * Recording by the media server: its folder, and whether it has the service that records.
 * @param ports of our own media server where it runs
 */
export async function recording(
  config: Pick<Config, 'media' | 'dataDir'>,
  ports: { signal: number } | null
): Promise<Outcome[]> {
  const { media } = config;
  if (!media?.egress) return [none('no EGRESS: hosts’ browsers record')];
  const folder = await folderOutcome(media.egress.folder);
  const at = media.outside ?? (ports && { url: `http://127.0.0.1:${ports.signal}`, ...(await keys(config)) });
  if (!at) return [folder, none('not running, so the media server was not asked whether it records')];
  const refusal = await refusalOfEgress(at.url, at);
  return [
    folder,
    refusal === null
      ? good('the media server knows of egress; whether a worker is free only a recording shows')
      : bad(
          `the media server records nothing: ${refusal}`,
          'see "Recording by the media server" in docs/deploy/deploy.md'
        )
  ];
}

async function folderOutcome(folder: string): Promise<Outcome> {
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    await writeFile(probe, '', { flush: true });
    await readdir(folder);
    await rm(probe);
    return good(`${folder} can be written to, read and emptied`);
  } catch (error) {
    return bad(`EGRESS: ${reasonOf(error)}`, 'make the folder, and let the app’s user read and write there');
  }
}

const keys = ({ dataDir }: Pick<Config, 'dataDir'>) => loadOrCreateKeys(join(dataDir, 'sfu'));
