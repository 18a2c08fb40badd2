import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** The admin page: a build of its own, since its page stands in a folder of its own. */
export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that a reverse proxy may serve it under any path.
  base: './',
  plugins: [preact()],
  build: { outDir: '../dist/admin-page', emptyOutDir: true, target: 'es2022', sourcemap: true },
});
