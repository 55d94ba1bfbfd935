#!/bin/sh
# Writes /etc/nginx/templates/NAME.template to /etc/nginx/conf.d/NAME with ${VARIABLES} of the environment filled in.
# Only variables that are set are replaced, so nginx's own ($host, $uri) stay.
set -e

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
filter=${NGINX_ENVSUBST_FILTER:-}

[ -d "$templates" ] || exit 0
if ! [ -w "$output" ]; then
  echo "$0: $templates exists, but $output is not writable" >&2
  exit 0
fi

known=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | { grep -E "$filter" || true; } | sed 's/.*/${&}/' | tr '\n' ' ')
find "$templates" -follow -type f -name "*$suffix" | while read -r template; do
  name=${template#"$templates"/}
  target=$output/${name%"$suffix"}
  mkdir -p "$(dirname "$target")"
  echo "$0: Running envsubst on $template to $target" >&2
  envsubst "$known" <"$template" >"$target"
done
