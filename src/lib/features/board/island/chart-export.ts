/** Where an element would be left out of sight and yet be laid out. */
const offScreen = 'position: fixed; left: -100000px; top: 0; pointer-events: none;';

/** What a drawing needs of its computed style to look the same without the page's style sheets. */
const styleProperties = [
  'fill',
  'fill-opacity',
  'fill-rule',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'paint-order',
  'clip-path',
  'mask',
  'display',
  'visibility',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
  'stop-color',
  'stop-opacity',
  'transform',
  'transform-origin',
  'transform-box',
  'vector-effect',
  'mix-blend-mode',
  'filter'
] as const;

export interface ChartPicture {
  /** Data URL of an SVG. */
  href: string;
  x: number;
  y: number;
  width: number;
  height: number;
  background: string;
}

/**
 * The chart as a picture that stands on its own, laid out for `width` × `height` CSS pixels. Null where it
 * draws nothing. (A chart that is copied into the final picture as HTML would lose its patterns and
 * gradients there.)
 */
export async function chartPicture(
  render: (element: HTMLElement) => () => void,
  theme: Element,
  { width, height }: { width: number; height: number }
): Promise<ChartPicture | null> {
  const place = document.createElement('div');
  place.style.cssText = `${offScreen} width: ${width}px; height: ${height}px;`;
  // Inside the board, so that it has the board's light or dark.
  theme.append(place);
  const remove = render(place);
  try {
    await laidOut();
    const drawing = [...place.querySelectorAll('svg')].sort((a, b) => area(b) - area(a))[0];
    if (!drawing) return null;
    const frame = place.getBoundingClientRect();
    const box = drawing.getBoundingClientRect();
    return {
      href: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(drawing, box))}`,
      x: box.x - frame.x,
      y: box.y - frame.y,
      width: box.width,
      height: box.height,
      background: getComputedStyle(theme).getPropertyValue('--raised').trim() || '#fff'
    };
  } finally {
    remove();
    place.remove();
  }
}

function standalone(drawing: SVGSVGElement, box: DOMRect): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [drawing, ...drawing.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((element, i) => {
    const original = originals[i];
    if (!original || !(element instanceof SVGElement)) return;
    const computed = getComputedStyle(original);
    element.removeAttribute('class');
    for (const property of styleProperties) {
      const value = computed.getPropertyValue(property);
      // Paints and clips are named with the page's address, which is not theirs in the copy.
      if (value) element.style.setProperty(property, value.replace(/url\("[^"#]*(#[^"]+)"\)/g, 'url($1)'));
    }
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(box.width));
  copy.setAttribute('height', String(box.height));
  return new XMLSerializer().serializeToString(copy);
}

function area(element: Element): number {
  const { width, height } = element.getBoundingClientRect();
  return width * height;
}

/** Two frames: one for the component's own effects, one for what it measures. By time where frames are not drawn. */
function laidOut(): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 250);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        clearTimeout(late);
        resolve();
      })
    );
  });
}
