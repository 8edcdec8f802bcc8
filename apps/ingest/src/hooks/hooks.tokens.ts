/** Token of the DecisionHook; its value is undefined when nobody is to be asked. */
export const DECISION_HOOK = Symbol('decision hook');

/** Token of the EventHook. */
export const EVENT_HOOK = Symbol('event hook');
