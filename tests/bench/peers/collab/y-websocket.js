// @y/websocket-server; with a database's address each update is a row, and a document is loaded from its rows.
// Without: bare, nothing is kept.
import { createServer } from 'node:http';
import { docs, setPersistence, setupWSConnection } from '@y/websocket-server/utils';
import { WebSocketServer } from 'ws';
import * as Y from 'yjs';
import { answer, openStore } from './common.js';

const url = process.argv[2];
if (url) {
  const store = await openStore(url);
  setPersistence({
    provider: null,
    bindState: async (name, doc) => {
      const { rows } = await store.query('select bytes from peer_update where name = $1 order by id', [name]);
      Y.transact(doc, () => rows.forEach((row) => Y.applyUpdate(doc, row.bytes)));
      doc.on('update', (bytes) => {
        void store.query('insert into peer_update (name, bytes) values ($1, $2)', [name, Buffer.from(bytes)]);
      });
    },
    // Compacted when everyone has left, as its documentation suggests.
    writeState: async (name, doc) => {
      const client = await store.connect();
      try {
        await client.query('begin');
        await client.query('delete from peer_update where name = $1', [name]);
        await client.query('insert into peer_update (name, bytes) values ($1, $2)', [
          name,
          Buffer.from(Y.encodeStateAsUpdate(doc))
        ]);
        await client.query('commit');
      } finally {
        client.release();
      }
    }
  });
}
const http = createServer();
const sockets = new WebSocketServer({ noServer: true });
sockets.on('connection', setupWSConnection);
http.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request))
);
http.listen(0, '127.0.0.1', () => answer(http.address().port, () => docs.size));
