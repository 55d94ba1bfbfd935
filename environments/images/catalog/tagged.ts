/** The names of one repository with several tags: `tagged('nginx', '1.27 latest')`. */
export function tagged(repository: string, tags: string): string[] {
  return tags.split(' ').map((tag) => `${repository}:${tag}`)
}
