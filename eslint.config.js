import js from "@eslint/js";
import globals from "globals";

const PAGES = "apps/hardex_app/{auth,ui,pages}/**/*.js";

export default [
  { ignores: ["**/.*/**", "build/**", "dist/**", "runs/**"] },
  { ...js.configs.recommended, files: [PAGES] }, // plain mistakes
  {
    files: [PAGES],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" }, // an exception that has become needless goes
    rules: {
      "no-unused-vars": ["error", { varsIgnorePattern: "^_" }], // "_" takes a value out of an object
      eqeqeq: "error", // == converts its sides
      curly: ["error", "multi-line"], // a second line without braces looks as if it belonged
      "no-var": "error", // var is visible outside its block
      "prefer-const": "error", // what is assigned once is read once
      "no-shadow": "error", // one name, one thing
      "no-eval": "error", // text of a run must never be run
      "no-implied-eval": "error", // nor as the text of a timer
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text of a run is never markup; set textContent." },
        { property: "outerHTML", message: "Text of a run is never markup; set textContent." },
        { property: "insertAdjacentHTML", message: "Text of a run is never markup; append nodes." },
      ],
      "max-len": ["error", { code: 120, ignoreRegExpLiterals: true }], // two files fit side by side
      "max-lines": ["error", { max: 300, skipComments: true, skipBlankLines: true }], // a file has one subject
      "max-lines-per-function": ["error", { max: 50, skipComments: true, skipBlankLines: true }], // one screen
      complexity: ["error", 12], // paths that a reader can hold in mind
      "max-params": ["error", 5], // more want an object
    },
  },
];
