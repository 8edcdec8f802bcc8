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
  // End-to-end tests mostly wait for programs: on two processors three of them at a time take 87 s, one 222 s.
  maxWorkers: 3,
  roots: ['<rootDir>/src', '<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
};
