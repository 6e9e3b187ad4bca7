import { defineConfig } from 'vite';

/**
 * What is published to run: our modules in a few files, since each file costs an import about a quarter of a
 * millisecond, and in them what we use of zod, whose every entry loads all its languages. The types are tsc's, one file
 * for each of ours; they name zod's, which is why it is a dependency all the same.
 *
 * One build of all entries, so that what two of them need is in a file both import: there is one HoldfastError.
 * One folder for all files, because a module finds its worker beside itself and cannot know which file it became part of.
 */
export default defineConfig({
  publicDir: false,
  ssr: { noExternal: ['zod'] },
  build: {
    ssr: true,
    outDir: 'dist',
    emptyOutDir: false,
    target: 'es2024',
    minify: false,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      input: {
        index: 'src/index.ts',
        feed: 'src/surfaces/feed/serve-feed.ts',
        client: 'src/surfaces/client/connect-feed.ts',
        testing: 'src/testing/index.ts',
        fetch: 'src/surfaces/fetch/create-fetch.ts',
        cli: 'src/surfaces/cli/main.ts',
        'upstreams-process': 'src/surfaces/cli/demo/upstreams-process.ts',
        'pool-worker': 'src/core/pool-worker.ts',
        'thread-worker': 'src/core/thread-worker.ts',
        'compute-worker': 'src/hotpath/compute-worker.ts',
        'store-worker': 'src/durable/stores/store-worker.ts',
      },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: ({ name }) => `${name === 'src' ? 'holdfast' : name}.js`, // the folder of index.ts says nothing
        minifyInternalExports: false,
      },
    },
  },
});
