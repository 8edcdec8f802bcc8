import type UPlot from 'uplot';
import { h, setAttribute } from './dom.js';
import { loadUPlot } from './vendor.js';

/** How a chart looks. */
export interface ChartOptions {
  readonly height: number;
  /** What it shows, for screen readers; and the newest value as text. */
  readonly label: string;
  readonly format: (value: number | null) => string;
  /** The same for an axis. Defaults to `format`. */
  readonly formatShort?: (value: number | null) => string;
  /** Whether there is nothing between whole numbers. */
  readonly isCount?: boolean;
  /** With axes and a cursor, or a line alone. */
  readonly isLarge?: boolean;
}

/** Seconds a chart shows when there is less: lines do not jump while they begin. */
const LEAST_SPAN = 60;

/** Between labels of the time axis, in seconds. */
const MINUTES = [60, 120, 300];
const WHOLE_NUMBERS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000];

/** A line over the last minutes, drawn by uPlot. Without uPlot it is an empty place. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  #plot: UPlot | undefined;
  #data: [number[], Array<number | null>] = [[], []];

  constructor(options: ChartOptions, signal: AbortSignal) {
    this.#options = options;
    this.element = h('div', {
      class: options.isLarge ? 'chart large' : 'chart',
      role: 'img',
      'aria-label': options.label,
    });
    this.element.style.height = `${options.height}px`;
    void this.#draw(signal);
  }

  update(times: readonly number[], values: ReadonlyArray<number | null>): void {
    this.#data = [[...times], [...values]];
    this.#plot?.setData(this.#data);
    const { label, format } = this.#options;
    setAttribute(this.element, 'aria-label', `${label}: ${format(values.at(-1) ?? null)} now`);
  }

  async #draw(signal: AbortSignal): Promise<void> {
    const Plot = await loadUPlot().catch(() => undefined);
    if (Plot === undefined || signal.aborted) return;
    const make = () => {
      this.#plot?.destroy();
      this.#plot = new Plot(this.#config(), this.#data, this.element);
    };
    const resize = new ResizeObserver(() => {
      const width = this.element.clientWidth;
      if (width === 0) return;
      if (this.#plot === undefined) make();
      else if (this.#plot.width !== width) this.#plot.setSize({ width, height: this.#options.height });
    });
    resize.observe(this.element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make, { signal });
    signal.addEventListener('abort', () => {
      resize.disconnect();
      this.#plot?.destroy();
    });
  }

  #config(): UPlot.Options {
    const { height, isLarge = false, isCount = false, format, formatShort = format } = this.#options;
    const style = getComputedStyle(this.element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis: UPlot.Axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    return {
      width: this.element.clientWidth,
      height,
      padding: isLarge ? [8, 16, 0, 0] : [2, 0, 1, 0],
      legend: { show: false },
      cursor: isLarge ? { y: false, drag: { x: false, y: false } } : { show: false },
      scales: { x: { time: true, range: spanOf }, y: { range: fromZero } },
      axes: isLarge
        ? [
            { ...axis, size: 22, incrs: MINUTES, values: (_plot, splits) => splits.map(clockOf) },
            {
              ...axis,
              size: 54,
              space: 26,
              values: (_plot, splits) => splits.map((value) => formatShort(value)),
              ...(isCount && { incrs: WHOLE_NUMBERS }),
            },
          ]
        : [{ show: false }, { show: false }],
      series: [
        {},
        {
          stroke: colour('--chart'),
          fill: colour('--chart-fill'),
          width: isLarge ? 1.75 : 1.5,
          points: { show: false },
        },
      ],
    };
  }
}

function spanOf(_plot: UPlot, least: number | null, most: number | null): [number, number] {
  const end = most ?? Date.now() / 1000;
  return [Math.min(least ?? end, end - LEAST_SPAN), end];
}

function fromZero(_plot: UPlot, _least: number | null, most: number | null): [number, number] {
  return [0, Math.max(most ?? 0, 1) * 1.15];
}

function clockOf(time: number): string {
  return new Date(time * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
}
