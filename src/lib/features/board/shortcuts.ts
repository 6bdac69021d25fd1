import type { BoardTool } from './island/types.ts';

/** One key a tool, without Ctrl; the letters are on every keyboard and shown in the tools' tooltips. */
export const toolKeys: Readonly<Partial<Record<BoardTool, string>>> = {
  select: 'V',
  hand: 'H',
  draw: 'D',
  highlight: 'G',
  arrow: 'A',
  text: 'T',
  laser: 'K',
  pin: 'P',
  window: 'W',
  length: 'L',
  polyline: 'O',
  tooth: 'Q',
  angle: 'N',
  cobb: 'B',
  rect: 'U',
  ellipse: 'J',
  calibrate: 'C',
  eraser: 'E'
};

export type BoardCommand =
  | { kind: 'tool'; tool: BoardTool }
  | {
      kind:
        | 'undo'
        | 'redo'
        | 'delete'
        | 'fit'
        | 'zoom-in'
        | 'zoom-out'
        | 'invert'
        | 'sharpen'
        | 'rotate'
        | 'flip'
        | 'loupe'
        | 'look-here'
        | 'draft'
        | 'frame-previous'
        | 'frame-next';
    };

const plainKeys: Readonly<Record<string, Exclude<BoardCommand['kind'], 'tool'>>> = {
  i: 'invert',
  s: 'sharpen',
  r: 'rotate',
  f: 'flip',
  m: 'loupe',
  x: 'look-here',
  y: 'draft'
};

export interface KeyPress {
  key: string;
  ctrl: boolean;
  shift: boolean;
  alt: boolean;
}

/** What a key press on the board asks for; null: nothing of ours. */
export function commandOf({ key, ctrl, shift, alt }: KeyPress): BoardCommand | null {
  if (alt) return null;
  const letter = key.toLowerCase();
  if (ctrl) {
    if (letter === 'z') return { kind: shift ? 'redo' : 'undo' };
    return letter === 'y' ? { kind: 'redo' } : null;
  }
  if (key === 'Delete' || key === 'Backspace') return { kind: 'delete' };
  if (key === '+' || key === '=') return { kind: 'zoom-in' };
  if (key === '-') return { kind: 'zoom-out' };
  if (key === ',') return { kind: 'frame-previous' };
  if (key === '.') return { kind: 'frame-next' };
  if (key === '1' && !shift) return { kind: 'fit' };
  if (shift) return null;
  const command = plainKeys[letter];
  if (command) return { kind: command };
  const found = Object.entries(toolKeys).find(([, toolKey]) => toolKey.toLowerCase() === letter);
  return found ? { kind: 'tool', tool: found[0] as BoardTool } : null;
}
