// The types of the element. The README has the meaning of the attributes.

import type { AnswerView, PropertyView, View } from './view.js';

export type * from './view.js';

/** A moment of the run, in a few numbers. */
export interface Moment {
  /** The number of steps of the world before it. */
  steps: number;
  /** Its virtual time, in microseconds. */
  now: number;
  /** The number of its branch. */
  branch: number;
  /** Whether time passes. */
  running: boolean;
  /** Whether another moment is being computed. */
  is_seeking: boolean;
  /** The number of properties that are broken. */
  broken: number;
}

/** What a line has come to, if it is no operation of a client. */
export interface Done {
  ok: true;
  words: string;
}

export interface HeliosLabEvents {
  /** The lab is there. */
  ready: CustomEvent<Moment>;
  /** The lab shows another moment; at most ten times a second. */
  moment: CustomEvent<Moment>;
  /** One more property is broken: those that are. */
  violation: CustomEvent<PropertyView[]>;
  /** The lab cannot be shown, in words. */
  error: CustomEvent<string>;
}

export class HeliosLab extends HTMLElement {
  /** Carries out one line of the language. Rejects with the refusal. */
  exec(line: string): Promise<AnswerView | Done>;
  /** The moment that the lab shows. */
  view(): Promise<View>;
  addEventListener<Name extends keyof HeliosLabEvents>(
    name: Name,
    listener: (this: HeliosLab, event: HeliosLabEvents[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'helios-lab': HeliosLab;
  }
}
