/** Where things stand in the picture of a recording: pixels of a picture of `width` by `height`. */
export const width = 1280;
export const height = 720;
/** The consult's number and the time. */
export const headHeight = 36;
/** For what is said ([CN-26]). */
export const captionHeight = 56;
const columnWidth = 320;
const gap = 6;
const aspect = 16 / 9;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Scene {
  /** The board, or a screen that is shared; null: there is neither, and people have all the room. */
  main: Box | null;
  /** One for each person, in their order. */
  people: Box[];
}

/** [RC-12] The board with people beside it; without a board, people alone. */
export function sceneOf({ people, hasMain }: { people: number; hasMain: boolean }): Scene {
  const top = headHeight;
  const bottom = height - captionHeight;
  if (hasMain) {
    const main = { x: 0, y: top, width: width - columnWidth, height: bottom - top };
    const column = { x: width - columnWidth, y: top, width: columnWidth, height: bottom - top };
    return { main, people: grid(column, people) };
  }
  return { main: null, people: grid({ x: 0, y: top, width, height: bottom - top }, people) };
}

/** As large as they can be, side by side and below one another. */
function grid(box: Box, count: number): Box[] {
  let best = { columns: 1, tileWidth: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const byWidth = (box.width - gap * (columns + 1)) / columns;
    const byHeight = ((box.height - gap * (rows + 1)) / rows) * aspect;
    const tileWidth = Math.floor(Math.min(byWidth, byHeight));
    if (tileWidth > best.tileWidth) best = { columns, tileWidth };
  }
  const { columns, tileWidth } = best;
  const tileHeight = Math.floor(tileWidth / aspect);
  return Array.from({ length: count }, (_, i) => ({
    x: box.x + gap + (i % columns) * (tileWidth + gap),
    y: box.y + gap + Math.floor(i / columns) * (tileHeight + gap),
    width: tileWidth,
    height: tileHeight
  }));
}

/** What of a picture of `size` is drawn to fill (`cover`) or to be whole in (`contain`) a box: source, then target. */
export function fitted(
  size: { width: number; height: number },
  box: Box,
  fit: 'cover' | 'contain'
): { source: Box; target: Box } {
  const [wide, high] = [box.width / size.width, box.height / size.height];
  const scale = fit === 'cover' ? Math.max(wide, high) : Math.min(wide, high);
  const shown = {
    width: Math.min(size.width, box.width / scale),
    height: Math.min(size.height, box.height / scale)
  };
  const source = { x: (size.width - shown.width) / 2, y: (size.height - shown.height) / 2, ...shown };
  const [w, h] = [shown.width * scale, shown.height * scale];
  const target = { x: box.x + (box.width - w) / 2, y: box.y + (box.height - h) / 2, width: w, height: h };
  return { source, target };
}
