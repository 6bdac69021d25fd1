// @hocuspocus/server with its database extension on Postgres, as its documentation shows.
import { Database } from '@hocuspocus/extension-database';
import { Server } from '@hocuspocus/server';
import { answer, openStore } from './common.js';

const store = await openStore(process.argv[2]);
const server = new Server({
  port: 0,
  address: '127.0.0.1',
  quiet: true,
  extensions: [
    new Database({
      fetch: async ({ documentName }) =>
        (await store.query('select bytes from peer_state where name = $1', [documentName])).rows[0]?.bytes ??
        null,
      store: async ({ documentName, state }) => {
        await store.query(
          'insert into peer_state (name, bytes) values ($1, $2) on conflict (name) do update set bytes = $2',
          [documentName, Buffer.from(state)]
        );
      }
    })
  ]
});
await server.listen();
answer(server.address.port, () => server.hocuspocus.getDocumentsCount());
