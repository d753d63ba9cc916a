// A machine laid out for a drawing, in pixels. The page has the same as `web/diagram.ts`.

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly from: string;
  readonly to: string;
  readonly on: readonly string[];
  readonly path: string;
  /** Where its label stands. */
  readonly x: number;
  readonly y: number;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly groups: readonly (Rectangle & { readonly label: string })[];
  readonly boxes: readonly (Rectangle & {
    readonly state: string;
    readonly label: string;
    readonly sentence: string;
    /** Below it. */
    readonly note: string;
  })[];
  readonly lines: readonly Line[];
}
