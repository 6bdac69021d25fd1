import type { Frame } from './frame.ts';
import { reduceGrey, type Painter, type Plan } from './painter.ts';
import { sharpenBy, sharpenReach, tapsFor } from './resample.ts';

const vertexSource = `#version 300 es
const vec2 corners[3] = vec2[3](vec2(-1.0, -1.0), vec2(3.0, -1.0), vec2(-1.0, 3.0));
void main() { gl_Position = vec4(corners[gl_VertexID], 0.0, 1.0); }`;

/**
 * Integer textures cannot be filtered by the GPU, so this does it: bilinear when enlarged, area average when
 * reduced (thin structures such as a lamina dura neither vanish nor flicker), the window after that, once.
 * Window arithmetic: see applyWindow.
 */
const fragmentSource = (sampler: 'usampler2D' | 'isampler2D' | 'sampler2D') => `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
uniform ${sampler} picture;
uniform vec2 size;
uniform mat3 toImage;
uniform float canvasHeight;
uniform int taps;
uniform float footprint;
uniform vec2 rescale;
uniform vec2 window;
uniform bool invert;
uniform float sharpen;
uniform float reach;
out vec4 colour;

vec3 texel(ivec2 at) {
  ivec2 inside = clamp(at, ivec2(0), ivec2(size) - 1);
  return vec3(texelFetch(picture, inside, 0).${sampler === 'sampler2D' ? 'rgb) * 255.0' : 'rrr)'};
}
vec3 bilinear(vec2 at) {
  vec2 corner = at - 0.5;
  ivec2 base = ivec2(floor(corner));
  vec2 part = corner - vec2(base);
  vec3 top = mix(texel(base), texel(base + ivec2(1, 0)), part.x);
  vec3 bottom = mix(texel(base + ivec2(0, 1)), texel(base + ivec2(1, 1)), part.x);
  return mix(top, bottom, part.y);
}
vec3 sampled(vec2 at) {
  if (taps <= 1) return bilinear(at);
  vec3 sum = vec3(0.0);
  float step = footprint / float(taps);
  for (int j = 0; j < taps; j++)
    for (int i = 0; i < taps; i++)
      sum += texel(ivec2(floor(at + (vec2(float(i), float(j)) + 0.5) * step - footprint * 0.5)));
  return sum / float(taps * taps);
}
bool inside(vec2 at) {
  return at.x >= 0.0 && at.y >= 0.0 && at.x < size.x && at.y < size.y;
}
vec3 neighbour(vec2 at, vec2 canvasStep, vec3 own) {
  vec2 there = at + (toImage * vec3(canvasStep * reach, 0.0)).xy;
  return inside(there) ? sampled(there) : own;
}
void main() {
  vec2 at = (toImage * vec3(gl_FragCoord.x, canvasHeight - gl_FragCoord.y, 1.0)).xy;
  if (!inside(at)) { colour = vec4(0.0); return; }
  vec3 sum = sampled(at);
  if (sharpen > 0.0) {
    vec3 around = neighbour(at, vec2(1.0, 0.0), sum) + neighbour(at, vec2(-1.0, 0.0), sum)
      + neighbour(at, vec2(0.0, 1.0), sum) + neighbour(at, vec2(0.0, -1.0), sum);
    sum += sharpen * (sum - around / 4.0);
  }
  vec3 x = sum * rescale.x + rescale.y;
  float centre = window.x - 0.5;
  float span = max(window.y - 1.0, 0.0);
  vec3 level = span > 0.0 ? clamp((x - centre) / span + 0.5, 0.0, 1.0) : vec3(greaterThan(x, vec3(centre)));
  if (invert) level = 1.0 - level;
  colour = vec4(level, 1.0);
}`;

interface Loaded {
  texture: WebGLTexture;
  program: WebGLProgram;
  columns: number;
  rows: number;
  factor: number;
  rescale: [number, number];
}

/** A GPU that has no room for this has none for anything. */
const leastTextureSize = 256;

let softwareOnly: boolean | undefined;

/**
 * True where the processor plays the GPU: measured on two cores, a window dragged over a panoramic is then drawn at 1
 * to 2 frames a second, against 45 to 60 on the 2-D canvas. Asked of a surface of its own, once a page.
 */
function isSoftwareGl(): boolean {
  if (softwareOnly !== undefined) return softwareOnly;
  const gl = document.createElement('canvas').getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = gl?.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  softwareOnly =
    typeof name === 'string' && /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return softwareOnly;
}

/** Paints with WebGL2; null where the browser has none to give, or (unless `software`) none that is fast. */
export function webglPainter(
  canvas: HTMLCanvasElement,
  options: { onRestored: () => void; onLost?: () => void; limit: number; software: boolean }
): Painter | null {
  const { onRestored, onLost, limit, software } = options;
  if (!software && isSoftwareGl()) return null;
  const found = canvas.getContext('webgl2', {
    failIfMajorPerformanceCaveat: !software,
    alpha: true,
    antialias: false,
    depth: false,
    // The board and the printed record copy the canvas after it was drawn.
    preserveDrawingBuffer: true
  });
  if (!found) return null;
  const gl = found;
  let loaded: Loaded | null = null;
  const programs = new Map<string, WebGLProgram>();

  const lost = (event: Event) => {
    event.preventDefault();
    loaded = null;
    programs.clear();
    onLost?.();
  };
  canvas.addEventListener('webglcontextlost', lost);
  canvas.addEventListener('webglcontextrestored', onRestored);

  function programFor(sampler: 'usampler2D' | 'isampler2D' | 'sampler2D'): WebGLProgram {
    const known = programs.get(sampler);
    if (known) return known;
    const program = gl.createProgram();
    for (const [type, source] of [
      [gl.VERTEX_SHADER, vertexSource],
      [gl.FRAGMENT_SHADER, fragmentSource(sampler)]
    ] as const) {
      const shader = gl.createShader(type);
      if (!shader) throw new Error('no shader: context lost');
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(`shader: ${gl.getProgramInfoLog(program) ?? ''}`);
    programs.set(sampler, program);
    return program;
  }

  /** A picture that fits the GPU's textures may still not fit its memory, and would be black. */
  function upload(frame: Frame): Loaded {
    for (let max = Math.min(limit, gl.getParameter(gl.MAX_TEXTURE_SIZE) as number); ; max = max / 2) {
      const made = uploadWithin(frame, Math.floor(max));
      if (gl.getError() !== gl.OUT_OF_MEMORY || max < leastTextureSize) return made;
      gl.deleteTexture(made.texture);
    }
  }

  function uploadWithin(frame: Frame, max: number): Loaded {
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const [name, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
      [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]
    ] as const)
      gl.texParameteri(gl.TEXTURE_2D, name, value);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    if (frame.kind === 'colour') {
      const { source, columns, rows, factor } = reduceBitmap(frame.bitmap, max);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, source);
      return { texture, program: programFor('sampler2D'), columns, rows, factor, rescale: [1, 0] };
    }
    const { pixels, columns, rows, factor } = reduceGrey(frame, max);
    const { slope, intercept } = frame.header.rescale;
    if (pixels instanceof Int16Array)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16I, columns, rows, 0, gl.RED_INTEGER, gl.SHORT, pixels);
    else
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, columns, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, pixels);
    const program = programFor(pixels instanceof Int16Array ? 'isampler2D' : 'usampler2D');
    return { texture, program, columns, rows, factor, rescale: [slope, intercept] };
  }

  function draw(plan: Plan): void {
    if (!loaded || gl.isContextLost()) return;
    const { program, factor } = loaded;
    const at = (name: string) => gl.getUniformLocation(program, name);
    const { a, b, c, d, e, f } = plan.map;
    const footprint = plan.footprint / factor;
    gl.viewport(0, 0, plan.width, plan.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.useProgram(program);
    gl.bindTexture(gl.TEXTURE_2D, loaded.texture);
    gl.uniform2f(at('size'), loaded.columns, loaded.rows);
    gl.uniformMatrix3fv(
      at('toImage'),
      false,
      [a, c, 0, b, d, 0, e, f, 1].map((v, i) => (i % 3 === 2 ? v : v / factor))
    );
    gl.uniform1f(at('canvasHeight'), plan.height);
    gl.uniform1i(at('taps'), tapsFor(footprint));
    gl.uniform1f(at('footprint'), footprint);
    gl.uniform2f(at('rescale'), ...loaded.rescale);
    gl.uniform2f(at('window'), plan.window.center, plan.window.width);
    gl.uniform1i(at('invert'), plan.invert ? 1 : 0);
    gl.uniform1f(at('sharpen'), plan.sharpen ? sharpenBy : 0);
    gl.uniform1f(at('reach'), sharpenReach(plan.footprint));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  return {
    kind: 'webgl2',
    load(frame) {
      if (loaded) gl.deleteTexture(loaded.texture);
      loaded = null;
      if (!gl.isContextLost()) loaded = upload(frame);
      return loaded?.factor ?? 1;
    },
    draw,
    dispose() {
      canvas.removeEventListener('webglcontextlost', lost);
      canvas.removeEventListener('webglcontextrestored', onRestored);
      if (loaded) gl.deleteTexture(loaded.texture);
      for (const program of programs.values()) gl.deleteProgram(program);
      loaded = null;
      // Give the surface back now: browsers drop the oldest one beyond about 16.
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    }
  };
}

function reduceBitmap(bitmap: ImageBitmap, max: number) {
  const factor = Math.max(1, Math.ceil(Math.max(bitmap.width, bitmap.height) / max));
  if (factor === 1) return { source: bitmap, columns: bitmap.width, rows: bitmap.height, factor };
  const columns = Math.floor(bitmap.width / factor);
  const rows = Math.floor(bitmap.height / factor);
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, columns, rows);
  return { source: canvas, columns, rows, factor };
}
