import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default defineConfig(
  globalIgnores([
    'node_modules/',
    '.node/',
    '.svelte-kit/',
    'build/',
    'data/',
    'static/',
    'src/lib/paraglide/',
    'project.inlang/',
    'test-results/',
    'playwright-report/',
    'tests/bench/peers/',
    'tests/bench/results/'
  ]),
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    rules: {
      // TypeScript knows what is defined.
      'no-undef': 'off',
      'no-console': 'error',
      'no-alert': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-param-reassign': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      // DICOM and uploaded names are cleaned of control characters by expressions that name them.
      'no-control-regex': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Erasable syntax only: use a union of literals.' },
        { selector: 'TSParameterProperty', message: 'Erasable syntax only: declare the field.' },
        { selector: 'ExportDefaultDeclaration > Identifier', message: 'Named exports.' }
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false }
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }
      ],
      // A `!` stands where an index was just checked; noUncheckedIndexedAccess asks for many.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off'
    }
  },
  {
    files: ['server/**', 'src/lib/kernel/**', 'src/**/*.server.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Ids and secrets come from kernel/ids.ts.' }
      ]
    }
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    rules: { '@typescript-eslint/no-empty-function': 'off' }
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { extraFileExtensions: ['.svelte'], parser: ts.parser, svelteConfig } },
    rules: {
      // Addresses here are plain paths of one app at the root.
      'svelte/no-navigation-without-resolve': 'off',
      'svelte/require-each-key': 'error',
      'svelte/no-at-html-tags': 'error',
      'svelte/button-has-type': 'error',
      // Most Dates here are values of the moment, not state.
      'svelte/prefer-svelte-reactivity': 'off',
      // `let` is how $props and $bindable are declared.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { destructuring: 'all', excludedRunes: ['$props'] }]
    }
  },
  {
    // Programs and test reports speak on the terminal.
    files: ['server/bootstrap.mjs', 'server/doctor.ts', 'tests/**/*.{ts,mjs}'],
    rules: { 'no-console': 'off' }
  },
  {
    files: ['*.config.{js,ts}', 'tests/**/*.ts'],
    // Playwright's fixtures without dependencies are written `({}, use)`; a long test file is a list.
    rules: {
      'no-restricted-syntax': 'off',
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
      'max-lines': 'off'
    }
  }
);
