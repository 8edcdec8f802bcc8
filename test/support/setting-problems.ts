import { loadSettings, SettingsError } from '../../apps/ingest/src/config/load-settings.js';

/** What is wrong with the settings in an environment. */
export function settingProblems(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}
