import type { CDPSession } from 'playwright';

/** Real input of the browser: a pen and fingers, as its protocol gives them. */
export function hands(cdp: CDPSession) {
  const pen = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', [x, y]: readonly [number, number]) =>
    cdp.send('Input.dispatchMouseEvent', {
      type,
      x,
      y,
      button: 'left',
      buttons: type === 'mouseReleased' ? 0 : 1,
      clickCount: 1,
      force: 0.5,
      pointerType: 'pen'
    });
  const fingers = (
    type: 'touchStart' | 'touchMove' | 'touchEnd',
    ...points: readonly (readonly [number, number])[]
  ) =>
    cdp.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: points.map(([x, y], id) => ({ x, y, id, radiusX: 20, radiusY: 20, force: 1 }))
    });
  return { pen, fingers };
}
