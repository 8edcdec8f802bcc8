export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    '^#src$': '<rootDir>/src/index.ts',
    '^#lib/(.*)$': '<rootDir>/libs/$1/src/index.ts',
    '^#test/(.*)$': '<rootDir>/test/support/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transformIgnorePatterns: ['/node_modules/(?!cookie/)'],
  transform: {
    'node_modules/cookie/.+\\.js$': [
      '@swc/jest',
      { swcrc: false, module: { type: 'commonjs' }, jsc: { target: 'es2022' } },
    ],
    '^.+\\.ts$': ['@swc/jest'],
  },
  // End-to-end tests run browsers and encoders that need their time: with three at a time on two processors some are late.
  maxWorkers: 2,
  // A machine that is busy is no fault: what does not come at all is said by until() after 15 seconds.
  testTimeout: 30_000,
  roots: ['<rootDir>/src', '<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
};
