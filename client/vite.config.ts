import { preact } from '@preact/preset-vite';
import { build, defineConfig } from 'vite';
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

/** The server SDK: runs in Node from node_modules, where Node strips no types. What it imports stays beside it. */
const admin = {
  consumer: 'server' as const,
  build: {
    outDir: '../dist/admin',
    emptyOutDir: true,
    minify: false as const,
    sourcemap: true,
    target: 'node20',
    copyPublicDir: false,
    ssr: true,
    rolldownOptions: {
      input: new URL('../management-api/sdk/index.ts', import.meta.url).pathname,
      output: { entryFileNames: 'portico-admin.js' },
    },
  },
};

/** `vite build` makes all: the SDKs with their declarations, the sample app on top of its sources, and the admin page. */
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
    admin,
  },
  builder: {
    buildApp: async (builder) => {
      for (const name of ['sdk', 'admin', 'client']) {
        const environment = builder.environments[name];
        if (environment !== undefined) await builder.build(environment);
      }
      await build({ configFile: new URL('admin/vite.config.ts', import.meta.url).pathname });
    },
  },
}));
