import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What Node's own modules are in a browser; the ledger's verifier needs a hash and nothing else of them. */
const NODE_IN_BROWSER: Readonly<Record<string, string>> = {
  'node:crypto': here('src/ledger/node-crypto.ts'),
};

/** Files, sockets and databases do not exist here; whatever still asks for one was shaken off, or the build fails at its use. */
function nodeModules(): Plugin {
  return {
    name: 'consilium-node-modules',
    enforce: 'pre',
    resolveId: (id) => NODE_IN_BROWSER[id] ?? (id.startsWith('node:') ? here('src/ledger/node-absent.ts') : undefined),
  };
}

export default defineConfig({
  root: here('.'),
  plugins: [react(), nodeModules()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  worker: { format: 'es', plugins: () => [nodeModules()] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL in a style sheet would need a wider content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // What every page has of its own otherwise: thirty files of a kilobyte each, and a request for each of them.
        codeSplitting: {
          groups: [
            { name: 'icons', test: /@tabler/ },
            { name: 'parts', test: /console\/src\/(api|parts|plot|words)\/(?!live)/ },
          ],
        },
      },
    },
  },
});
