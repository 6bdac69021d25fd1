import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

export default defineConfig(({ command }) => ({
  plugins: [
    tailwindcss(),
    // A build finds the texts compiled (server/launch/messages.ts).
    command === 'serve' &&
      paraglideVitePlugin({
        project: './project.inlang',
        outdir: './src/lib/paraglide',
        strategy: ['cookie', 'baseLocale']
      }),
    sveltekit()
  ],
  optimizeDeps: {
    // The asset list must stay a set of module URLs; pre-bundling would inline it. Icons are one small file each:
    // bundling them when first seen would reload the page again and again.
    exclude: ['@tldraw/assets', '@lucide/svelte'],
    // Found only when a room is first opened; named here, so that opening one in development does not reload it.
    include: [
      'livekit-client',
      'livekit-client/e2ee-worker',
      'yjs',
      'y-websocket',
      'y-protocols/awareness',
      'tldraw',
      'react',
      'react-dom/client'
    ]
  },
  worker: { format: 'es' },
  build: { chunkSizeWarningLimit: 2500 }
}));
