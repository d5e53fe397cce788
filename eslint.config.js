// Only what oxlint cannot do: the arithmetic that the server optimisers may use.
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

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
  { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } },
  {
    files: ['libs/learning/src/optimisers/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': EXACT_ARITHMETIC },
  },
]);
