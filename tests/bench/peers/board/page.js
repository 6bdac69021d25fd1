// cornerstone3D as its documentation shows a file of the local disk: a stack viewport, the file through the loader's
// file manager, decoded by its web workers. `?cpu`: its CPU rendering, where it would choose WebGL.
import { cache, Enums, getShouldUseCPURendering, init, RenderingEngine } from '@cornerstonejs/core';
import { init as initLoader, wadouri } from '@cornerstonejs/dicom-image-loader';

const place = document.querySelector('#place');
const viewportId = 'picture';
let viewport;

async function start() {
  const cpu = new URLSearchParams(location.search).has('cpu');
  await init(cpu ? { rendering: { useCPURendering: true } } : {});
  initLoader({ maxWebWorkers: navigator.hardwareConcurrency });
  const engine = new RenderingEngine('engine');
  engine.enableElement({ viewportId, type: Enums.ViewportType.STACK, element: place });
  viewport = engine.getViewport(viewportId);
  return getShouldUseCPURendering() ? 'cpu' : 'webgl';
}

async function open(file) {
  const began = performance.now();
  const imageId = wadouri.fileManager.add(file);
  const painted = new Promise((resolve) => {
    const onRendered = () => {
      if (viewport.getCurrentImageId() !== imageId) return;
      place.removeEventListener(Enums.Events.IMAGE_RENDERED, onRendered);
      // It renders in a frame's callback: a task after it runs when that frame is painted.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now());
      port2.postMessage(null);
    };
    place.addEventListener(Enums.Events.IMAGE_RENDERED, onRendered);
  });
  await viewport.setStack([imageId]);
  viewport.render();
  const ended = await painted;
  // Not part of the figure: let go of the picture, so that memory does not grow from one to the next.
  cache.purgeCache();
  wadouri.dataSetCacheManager.purge();
  wadouri.fileManager.purge();
  return ended - began;
}

window.viewer = { ready: start(), open };
