/** The id of a stage's row on the page of provenance. */
export const stageId = (stage: string): string => stage.replaceAll(' ', '-')
