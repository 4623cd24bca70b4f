/** The statistics of a test, by the ids of its suite's columns. */
export type Statistics = Readonly<Record<string, number>>;
