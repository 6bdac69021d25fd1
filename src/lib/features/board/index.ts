/** What other rooms use of the board in the browser. The drawing surface itself is loaded when it is shown. */
export { default as Board } from './Board.svelte';
export { default as BoardReplay } from './BoardReplay.svelte';
export { BoardController, createBoardController } from './board.svelte.ts';
export type { BoardConnection, BoardControllerOptions } from './board.svelte.ts';
export type { BoardImage } from './initial.ts';
export type { BoardHost, BoardMode, BoardTool, BoardUser, MeasureView, PinView } from './island/types.ts';
export type { BoardPerson } from './people.ts';
export type { SavedState } from './saved.ts';

export { figureWords } from './words.ts';

/** Fetch the drawing surface ahead, e.g. while somebody waits in the lobby. */
export async function preloadBoard(): Promise<void> {
  await import('./island/mount.tsx');
}
