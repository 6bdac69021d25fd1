import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Not for what is typed: while there is nothing at all to choose from, and while what it will do is still asked. */
const waiting = new Set(['choices.length === 0', 'uses === null']);

test('a button that sends a form is not disabled for what is missing in it: the browser and the server say what', () => {
  const source = new URL('../../', import.meta.url);
  const wrong: string[] = [];
  for (const file of globSync('**/*.svelte', { cwd: source }))
    for (const [button] of readFileSync(new URL(file, source), 'utf8').matchAll(
      /<(?:Icon)?Button\b(?:[^>{]|\{[^}]*\})*>/g
    )) {
      const condition = /\bdisabled=\{([^}]*)\}/.exec(button)?.[1];
      if (button.includes('type="submit"') && condition !== undefined && !waiting.has(condition))
        wrong.push(`${file}: ${condition}`);
    }
  expect(wrong).toEqual([]);
});
