import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vite';
import { declarations } from './declarations.ts';
import type { Plugin } from 'vite';

/** Written to be read: users debug into it, and servers compress it. */
const sdk = {
  consumer: 'client' as const,
  build: {
    outDir: '../dist/sdk',
    emptyOutDir: true,
    minify: false as const,
    sourcemap: true,
    target: 'es2022',
    copyPublicDir: false,
    lib: { entry: '../sdk/index.ts', formats: ['es' as const], fileName: () => 'portico.js' },
  },
};

/** `vite build` makes both: the SDK with its declarations, and the sample app on top of its sources. */
const onlyInApp = (plugin: Plugin): Plugin => ({
  ...plugin,
  applyToEnvironment: (environment) => environment.name === 'client',
});

export default defineConfig(({ command }) => ({
  root: new URL('app', import.meta.url).pathname,
  // Relative, so that a reverse proxy may serve it under any path.
  base: './',
  plugins: [preact().map((plugin) => onlyInApp(plugin)), declarations()],
  // Socket.IO and mediasoup-client ask for the Node variable of that name.
  define: command === 'build' ? { 'process.env.NODE_ENV': '"production"' } : {},
  environments: {
    client: { build: { outDir: '../dist/app', emptyOutDir: true, target: 'es2022', sourcemap: true } },
    sdk,
  },
  builder: {
    buildApp: async (builder) => {
      for (const name of ['sdk', 'client']) {
        const environment = builder.environments[name];
        if (environment !== undefined) await builder.build(environment);
      }
    },
  },
}));
