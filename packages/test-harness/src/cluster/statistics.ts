/** What a test has cost, by the ids of its suite's columns. */
export type Statistics = Readonly<Record<string, number>>;
