import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';

/** A process that waits for ever under our handlers and says how it was asked to end. */
function run(
  work: string,
  stop = 'console.log("stop:", why); process.exit(code);'
): Promise<{ code: number | null; said: string }> {
  const script = `
    const { onStopSignal } = await import(${JSON.stringify(new URL('./signals.ts', import.meta.url).href)});
    const log = { debug() {}, info() {}, warn() {}, error: (_fields, message) => console.log('error:', message) };
    onStopSignal({ log, stop: (why, code) => { ${stop} } });
    setInterval(() => {}, 1000);
    ${work}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe']
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((done) => child.once('close', (code) => done({ code, said: said.trim() })));
}

it('an error nobody caught is logged and ends the app with code 1, so that it is started again', async () => {
  const outcome = await run(`setImmediate(() => { throw new Error('odd'); });`);
  expect(outcome).toEqual({ code: 1, said: 'error: uncaught error\nstop: uncaught error' });
});

it('a signal is a wish, not a failure', async () => {
  const outcome = await run(`process.kill(process.pid, 'SIGTERM');`);
  expect(outcome).toEqual({ code: 0, said: 'stop: SIGTERM' });
});

it('an error nobody caught while stopping does not cut the stop short', async () => {
  const outcome = await run(
    `process.kill(process.pid, 'SIGTERM');
     setTimeout(() => { throw new Error('odd'); }, 900);
     setTimeout(() => { console.log('in order'); process.exit(0); }, 1100);`,
    'console.log("stop:", why);'
  );
  expect(outcome).toEqual({ code: 0, said: 'stop: SIGTERM\nerror: uncaught error\nin order' });
});

it('a promise nobody waited for is logged and ends nothing', async () => {
  const outcome = await run(`
    Promise.reject(new Error('odd'));
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);`);
  expect(outcome).toEqual({ code: 0, said: 'error: a failure nobody waited for\nstop: SIGTERM' });
});
