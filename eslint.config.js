// Only what oxlint cannot do: rules that need types, and the arithmetic that the server optimisers may use.
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const SOURCES = ['libs/*/src/**/*.ts', 'coordinator/**/*.ts', 'site-agent/src/**/*.ts', 'demo/src/**/*.ts'];
/** Made for browsers, under a configuration of its own. */
const CONSOLE = ['coordinator/console/**/*.ts', 'coordinator/console/**/*.tsx'];
const TESTS = ['**/*.spec.ts', '**/test/**/*.ts'];

/** A promise that nobody waits for, and a case that nobody handles. */
const TYPED_RULES = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

const INEXACT = 'differs between engines; server optimisers use only + - * / and Math.sqrt (PROTOCOL.md section 8)';

/** Every site must reach the same bits, so whatever ECMA-262 leaves to the implementation is out, by any spelling. */
const EXACT_ARITHMETIC = [
  'error',
  {
    selector: "MemberExpression[object.name='Math']:not([computed=false][property.name='sqrt'])",
    message: `Math.* other than sqrt ${INEXACT}.`,
  },
  { selector: "Identifier[name='Math']:not(MemberExpression > Identifier.object)", message: `An alias of Math ${INEXACT}.` },
  { selector: "Literal[value='Math']", message: `An alias of Math ${INEXACT}.` },
  { selector: "BinaryExpression[operator='**']", message: `** ${INEXACT}.` },
  { selector: "AssignmentExpression[operator='**=']", message: `**= ${INEXACT}.` },
];

export default defineConfig([
  globalIgnores(['**/dist/**', '**/gen/**', '**/node_modules/**', 'test/cases/**']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: [...SOURCES, ...TESTS],
    ignores: CONSOLE,
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.tests.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: TYPED_RULES,
  },
  {
    files: CONSOLE,
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './coordinator/console/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: TYPED_RULES,
  },
  {
    files: ['libs/learning/src/optimisers/**/*.ts'],
    ignores: TESTS,
    rules: { 'no-restricted-syntax': EXACT_ARITHMETIC },
  },
]);
