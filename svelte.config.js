import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
  kit: {
    // server/launch/build.ts builds into a folder aside and renames it, so that half a build never counts.
    adapter: adapter({ out: process.env.CONSILIUM_BUILD_OUT ?? 'build', precompress: true }),
    // The nonce covers Kit's own inline start script and the one of app.html; nothing else may run inline.
    csp: {
      mode: 'nonce',
      directives: {
        'default-src': ['self'],
        'script-src': ['self', 'wasm-unsafe-eval'],
        // tldraw and bits-ui set style attributes; script stays strict.
        'style-src': ['self', 'unsafe-inline'],
        'img-src': ['self', 'data:', 'blob:', 'https://cdn.tldraw.com'],
        'font-src': ['self', 'data:'],
        'connect-src': ['self', 'ws:', 'wss:', 'data:', 'blob:'],
        'media-src': ['self', 'blob:'],
        'worker-src': ['self', 'blob:'],
        'object-src': ['none'],
        'base-uri': ['none'],
        'form-action': ['self'],
        'frame-ancestors': ['none']
      }
    },
    // Registered where somebody wants to be called, and nowhere else.
    serviceWorker: { register: false },
    csrf: { trustedOrigins: [] }
  }
};
