import type { Editor } from 'tldraw';
import type { IslandOptions } from './types.ts';

/**
 * What shapes and tools need of the island, by editor: a shape drawn for export sits in a React tree of its
 * own, which no context of ours reaches.
 */
const islands = new WeakMap<Editor, IslandOptions>();

export function bindIsland(editor: Editor, island: IslandOptions): void {
  islands.set(editor, island);
}

export function islandOf(editor: Editor): IslandOptions {
  const island = islands.get(editor);
  if (!island) throw new Error('board island: this editor was not mounted by mountIsland');
  return island;
}
