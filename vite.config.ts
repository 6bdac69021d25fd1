import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [
    tailwindcss(),
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/lib/paraglide',
      strategy: ['cookie', 'baseLocale']
    }),
    sveltekit()
  ],
  // The asset list must stay a set of module URLs; pre-bundling would inline it.
  optimizeDeps: { exclude: ['@tldraw/assets'] },
  esbuild: undefined,
  worker: { format: 'es' },
  build: { chunkSizeWarningLimit: 2500 }
});
