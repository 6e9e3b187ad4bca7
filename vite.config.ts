import { defineConfig } from 'vite';

/** The page: static files with relative paths, nothing inline, so that it runs under `default-src 'none'`. */
export default defineConfig({
  root: 'src/surfaces/dashboard',
  base: './',
  publicDir: false,
  build: {
    outDir: '../../../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
