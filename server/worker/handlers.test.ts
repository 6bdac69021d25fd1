import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { handlers, topics } from './handlers.ts';
import { checkedHandlers } from './index.ts';

const handler = (topic: string) => ({ topic, handle: () => Promise.resolve() });

describe('handlers', () => {
  it('[NO-9] every topic has exactly one', () => {
    expect(checkedHandlers(handlers.outbox, topics).size).toBe(topics.length);
  });

  it('[NO-9] refuses to start with none, two, or one too many', () => {
    expect(() => checkedHandlers([], ['a'])).toThrow('a: no handler');
    expect(() => checkedHandlers([handler('a'), handler('a')], ['a'])).toThrow('a: more than one handler');
    expect(() => checkedHandlers([handler('a'), handler('b')], ['a'])).toThrow('b: not a topic');
  });

  it('[NO-9] knows every topic a use case publishes by name', () => {
    const folder = join(import.meta.dirname, '../../src/lib/features');
    const published = new Set<string>();
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.server.ts')) continue;
      const text = readFileSync(join(folder, file), 'utf8');
      for (const [, topic] of text.matchAll(/(?:\.publish\(|\bnews\(tx, \w+, )'([a-z.-]+)'/g))
        published.add(topic!);
    }
    expect([...published].filter((topic) => !topics.includes(topic))).toEqual([]);
    expect(published.size).toBeGreaterThan(0);
  });
});
