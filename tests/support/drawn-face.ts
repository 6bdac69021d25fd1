import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';

/** A face drawn by code: nobody's picture. All lengths in units of the picture's height. */
export interface DrawnFace {
  /** Gap of the lips ÷ width of the mouth inside. */
  opening: number;
  /** Height of the head ÷ height of the picture. */
  size?: number;
  /** Where the middle of the head is, 0…1. */
  at?: { x: number; y: number };
  /** 1: daylight. */
  light?: number;
  /** Standard deviation of a blur, pixels. */
  blur?: number;
}

/** What cameras are asked for is of this shape: nothing is cut off. */
export const faceWidth = 640;
export const faceHeight = 360;

/** Where the inner corners and the middle of the lips are drawn, pixels. */
export function drawnMouth({ opening, size = 0.8, at = { x: 0.5, y: 0.5 } }: DrawnFace) {
  const unit = (size * faceHeight) / 300;
  const middle = { x: at.x * faceWidth, y: at.y * faceHeight + 72 * unit };
  const halfWidth = 30 * unit;
  return { ...middle, halfWidth, halfGap: opening * halfWidth };
}

function svg(face: DrawnFace): string {
  const { size = 0.8, at = { x: 0.5, y: 0.5 } } = face;
  const unit = (size * faceHeight) / 300;
  const gap = 30 * face.opening;
  const lip = 11;
  const eye = (x: number) => `
    <path d="M${x - 24},-38 Q${x},-56 ${x + 24},-38 Q${x},-26 ${x - 24},-38 Z" fill="#f7f3ee" stroke="#4a2f25" stroke-width="2.5"/>
    <circle cx="${x}" cy="-40" r="9.5" fill="#4b2e1c"/><circle cx="${x}" cy="-40" r="4.5" fill="#120a07"/>
    <circle cx="${x + 3}" cy="-43" r="2" fill="#fff"/>
    <path d="M${x - 28},-66 Q${x},-82 ${x + 28},-66" fill="none" stroke="#2b1a14" stroke-width="7" stroke-linecap="round"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${faceWidth}" height="${faceHeight}">
  <defs>
    <radialGradient id="skin" cx="45%" cy="40%" r="70%">
      <stop offset="0" stop-color="#f3c9a5"/><stop offset="0.7" stop-color="#dfa67d"/><stop offset="1" stop-color="#a8714f"/>
    </radialGradient>
    <pattern id="wall" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="12" height="12" fill="#a9bac2"/><rect width="6" height="12" fill="#74898f"/></pattern>
    <filter id="soft"><feGaussianBlur stdDeviation="3"/></filter>
  </defs>
  <rect width="100%" height="100%" fill="url(#wall)"/>
  <g transform="translate(${at.x * faceWidth} ${at.y * faceHeight}) scale(${unit})">
    <path d="M-170,330 Q-150,180 -50,165 L50,165 Q150,180 170,330 Z" fill="#3c5a73"/>
    <rect x="-42" y="110" width="84" height="75" fill="#c08e6a"/>
    <path d="M-122,20 Q-135,-160 0,-172 Q135,-160 122,20 Q100,-70 0,-95 Q-100,-70 -122,20 Z" fill="#2a1b15"/>
    <path d="M-112,-20 Q-112,-140 0,-142 Q112,-140 112,-20 Q112,75 62,${122 + gap * 0.5} Q0,${168 + gap} -62,${122 + gap * 0.5} Q-112,75 -112,-20 Z" fill="url(#skin)"/>
    <path d="M-108,-50 Q-100,-140 0,-146 Q100,-140 108,-50 Q70,-112 0,-112 Q-70,-112 -108,-50 Z" fill="#2a1b15"/>
    ${eye(-46)}${eye(46)}
    <path d="M-10,-34 Q-14,10 -24,28 Q0,44 24,28 Q14,10 10,-34 Z" fill="#c98d66" opacity="0.55" filter="url(#soft)"/>
    <ellipse cx="-12" cy="31" rx="6" ry="4" fill="#7a4a35"/><ellipse cx="12" cy="31" rx="6" ry="4" fill="#7a4a35"/>
    <path d="M-42,72 Q-20,${72 - gap - lip - 7} 0,${72 - gap - lip} Q20,${72 - gap - lip - 7} 42,72 Q20,${72 + gap + lip + 7} 0,${72 + gap + lip + 3} Q-20,${72 + gap + lip + 7} -42,72 Z" fill="#b3554f"/>
    <ellipse cx="0" cy="72" rx="30" ry="${Math.max(gap, 0.8)}" fill="#2a0d0d"/>
    ${gap > 6 ? `<path d="M-23,${72 - gap * 0.62} Q0,${72 - gap * 1.0} 23,${72 - gap * 0.62} L20,${72 - gap * 0.3} Q0,${72 - gap * 0.25} -20,${72 - gap * 0.3} Z" fill="#f6f1e4"/>` : ''}
  </g></svg>`;
}

/** One frame as a JPEG file. */
export async function drawFace(face: DrawnFace): Promise<Buffer> {
  let picture = sharp(Buffer.from(svg(face))).removeAlpha();
  if (face.light !== undefined) picture = picture.linear(face.light, 0);
  if (face.blur) picture = picture.blur(face.blur);
  return picture.jpeg({ quality: 92 }).toBuffer();
}

/** A film for Chromium's `--use-file-for-fake-video-capture`, which plays it again and again. */
export async function writeFaceFilm(path: string, frames: readonly DrawnFace[]): Promise<void> {
  const drawn = new Map<DrawnFace, Buffer>();
  for (const face of new Set(frames)) drawn.set(face, await drawFace(face));
  await writeFile(path, Buffer.concat(frames.map((face) => drawn.get(face)!)));
}
