import * as Y from 'yjs';
import { readBoard, type RawRecord } from '#lib/features/board/format.ts';
import { readBoardLog } from '#lib/features/board/log.server.ts';
import { findBoard } from '../../../server/collab/inspect/boards.ts';
import { docOf } from '../../../server/collab/inspect/report.ts';
import { readConfig } from '../../../server/config.ts';
import { openPool } from '../../../server/db/pool.ts';
import { withDatabase } from '../../../server/db/reach.ts';
import { silent } from '../../support/silent.ts';

/** A board as it lies in the database of the app that runs. Bytes. */
export interface StoredBoard {
  logBytes: number;
  /** What a newcomer is sent. */
  stateBytes: number;
  records: RawRecord[];
}

export async function readStored(dataDir: string, consultId: string): Promise<StoredBoard> {
  return withDatabase(readConfig(['--data', dataDir], {}), async (url) => {
    const pool = openPool({ url, max: 1, log: silent });
    try {
      const board = await findBoard(pool.db, consultId);
      if (!board) throw new Error('the consult has no board');
      const log = await pool.db.transaction((rows) => readBoardLog(rows, board, 0));
      const doc = docOf(log.map((row) => row.bytes));
      const stored = {
        logBytes: log.reduce((sum, row) => sum + row.bytes.length, 0),
        stateBytes: Y.encodeStateAsUpdate(doc).length,
        records: readBoard(doc)
      };
      doc.destroy();
      return stored;
    } finally {
      await pool.end();
    }
  });
}
