// Plain JavaScript on purpose: bootstrap.mjs shows progress before anything is installed.

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 120;
/** A step that takes longer than this shows that it is under way. */
const quietMs = 900;
/** Where there is no terminal to redraw, a long step says so again this often. */
const reminderMs = 30_000;

/**
 * @typedef {(detail: string) => void} Update tells how far a step is
 * @typedef {object} Progress
 * @property {<T>(label: string, work: (update: Update) => Promise<T>) => Promise<T>} step
 *   runs `work`, shows it while it lasts and ticks it off; rethrows what it throws. Steps may overlap.
 * @property {(text: string) => void} say prints a line of its own
 */

/**
 * A calm list of what is being done: one line a step, nothing for what is instant until it is done.
 *
 * @param {{ stream?: NodeJS.WriteStream, quiet?: boolean }} [options] quiet: say nothing at all
 * @returns {Progress}
 */
export function createProgress({ stream = process.stdout, quiet = false } = {}) {
  const live = Boolean(stream.isTTY) && !process.env.CI;
  const colour = live && !process.env.NO_COLOR;
  /** @type {Set<{ label: string, detail: string, began: number, said: number }>} */
  const active = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let frame = 0;

  const paint = (/** @type {string} */ code, /** @type {string} */ text) =>
    colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(1)} s`;

  // A terminal that was closed, or a pipe nobody reads any more, is no reason to fall over.
  let gone = false;
  stream.on('error', () => (gone = true));
  const write = (/** @type {string} */ text) => {
    if (!quiet && !gone) stream.write(text);
  };
  const line = (/** @type {string} */ text) => write(`${live ? '\r\u001b[2K' : ''}${text}\n`);

  const tick = () => {
    const now = Date.now();
    const slow = [...active].filter((step) => now - step.began > quietMs);
    if (live) {
      const texts = slow.map((s) => `${s.label} ${paint('2', s.detail || seconds(now - s.began))}`);
      if (texts.length === 0) return;
      const width = Math.max(20, (stream.columns ?? 80) - 6);
      write(`\r\u001b[2K  ${frames[frame++ % frames.length]} ${clip(texts.join('  ·  '), width)}`);
      return;
    }
    for (const step of slow) {
      if (now - step.said < reminderMs) continue;
      line(`  … ${step.label}${step.said ? ` (${seconds(now - step.began)})` : ''}`);
      step.said = now;
    }
  };

  return {
    say: (text) => line(text),
    async step(label, work) {
      const entry = { label, detail: '', began: Date.now(), said: 0 };
      active.add(entry);
      timer ??= setInterval(tick, frameMs).unref();
      const end = (/** @type {string} */ mark) => {
        active.delete(entry);
        const took = Date.now() - entry.began;
        line(`  ${mark} ${label}${took > quietMs ? paint('2', `  ${seconds(took)}`) : ''}`);
        if (active.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
      try {
        const result = await work((detail) => (entry.detail = detail));
        end(paint('32', '✓'));
        return result;
      } catch (error) {
        end(paint('31', '✗'));
        throw error;
      }
    }
  };
}

/** @param {string} text @param {number} width */
function clip(text, width) {
  // Colour codes take no room; where there are any, leave the text be.
  return text.includes('\u001b') || text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
