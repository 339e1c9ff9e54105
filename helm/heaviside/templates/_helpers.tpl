{{- define "heaviside.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "heaviside.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "heaviside.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "heaviside.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "heaviside.selectorLabels" -}}
app.kubernetes.io/name: {{ include "heaviside.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The replicas alone: not the pods of the test and of verify. */}}
{{- define "heaviside.replicaLabels" -}}
{{ include "heaviside.selectorLabels" . }}
app.kubernetes.io/component: replica
{{- end -}}

{{- define "heaviside.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "heaviside.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "heaviside.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "heaviside.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "heaviside.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* A value as the options read it: helm holds whole numbers as floats, and would print 67108864 as 6.7108864e+07. */}}
{{- define "heaviside.optionText" -}}
{{- if kindIs "slice" . -}}
{{- $items := list -}}
{{- range . }}{{ $items = append $items (include "heaviside.optionText" .) }}{{ end -}}
{{- join "," $items -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- int64 . -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* The text escaped for a .properties file: backslashes, line breaks, and a blank at the beginning. */}}
{{- define "heaviside.propertiesValue" -}}
{{- $text := include "heaviside.optionText" . | replace "\\" "\\\\" | replace "\n" "\\n" | replace "\r" "\\r" | replace "\t" "\\t" -}}
{{- if hasPrefix " " $text -}}\{{- end -}}{{- $text -}}
{{- end -}}

{{/* config.properties: the values of `config`, and for each entry of `secrets` and `files` where it is mounted. */}}
{{- define "heaviside.properties" -}}
{{- $config := merge (dict) .Values.config -}}
{{- if not (hasKey $config "client_id") -}}{{- $_ := set $config "client_id" (include "heaviside.fullname" .) -}}{{- end -}}
{{- $_ := set $config "http_port" .Values.service.port -}}
{{- $_ := set $config "spill_directory" "/var/lib/heaviside/spill" -}}
{{- if not (hasKey $config "shutdown_timeout_ms") -}}{{- $_ := set $config "shutdown_timeout_ms" (mul 1000 (sub .Values.terminationGracePeriodSeconds 5 | max 1)) -}}{{- end -}}
{{- range $name, $_ := .Values.files -}}{{- $_ := set $config $name (printf "/etc/heaviside/files/%s" $name) -}}{{- end -}}
{{- range $name, $_ := .Values.secrets -}}{{- $_ := set $config (printf "%s_file" $name) (printf "/run/secrets/heaviside/%s" $name) -}}{{- end -}}
{{- range $name := keys $config | sortAlpha }}
{{- $value := get $config $name }}
{{- if not (kindIs "invalid" $value) }}
{{ $name }}={{ include "heaviside.propertiesValue" $value }}
{{- end }}
{{- end }}
{{- end -}}

{{/* "true" where an optional custom resource is wanted: always, never, or (auto) where the cluster knows the kind. */}}
{{- define "heaviside.wanted" -}}
{{- if eq (toString .enabled) "auto" -}}
{{- if .root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) -}}true{{- end -}}
{{- else if eq (toString .enabled) "true" -}}true{{- end -}}
{{- end -}}

{{/* "true" unless the pages are switched off: then there is nothing to probe, to scrape and to serve. */}}
{{- define "heaviside.hasPages" -}}
{{- if ne (index .Values.config "http_enabled" | toString) "false" -}}true{{- end -}}
{{- end -}}

{{/* Refuses what the schema cannot see: values that do not fit together. */}}
{{- define "heaviside.refuse" -}}
{{- $names := list -}}
{{- range .Values.extraEnv }}{{ $names = append $names .name }}{{ end -}}
{{- if and (gt (int .Values.replicaCount) 1) (not (index .Values.config "redis.nodes")) (not (has "HEAVISIDE_REDIS__NODES" $names)) -}}
{{- fail (printf "replicaCount is %d, and there is no election without Redis: set config.redis\\.nodes, or replicaCount to 1" (int .Values.replicaCount)) -}}
{{- end -}}
{{- $address := index .Values.config "http_bind_address" | toString -}}
{{- if or (hasPrefix "127." $address) (has $address (list "localhost" "::1")) -}}
{{- fail (printf "config.http_bind_address is %s: neither the probes nor Prometheus would reach it; leave it out" $address) -}}
{{- end -}}
{{- if and .Values.verify.enabled (not .Values.verify.tables) -}}{{- fail "verify.tables is empty: name the tables to verify" -}}{{- end -}}
{{- $timeout := index .Values.config "shutdown_timeout_ms" -}}
{{- if and (regexMatch "^[0-9]+$" (include "heaviside.optionText" $timeout)) (ge (int64 $timeout) (int64 (mul 1000 .Values.terminationGracePeriodSeconds))) -}}
{{- fail "config.shutdown_timeout_ms is not below terminationGracePeriodSeconds: the replica would be killed before it has handed over" -}}
{{- end -}}
{{- end -}}

{{/* A page's path under http_path_prefix. */}}
{{- define "heaviside.path" -}}
{{- printf "%s/%s" (index .root.Values.config "http_path_prefix" | default "" | trimSuffix "/") .page -}}
{{- end -}}

{{/* What a pod that runs the product mounts: its configuration, its secrets, its files. */}}
{{- define "heaviside.volumeMounts" -}}
- name: config
  mountPath: /etc/heaviside/config.properties
  subPath: config.properties
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if .Values.secrets }}
- name: secrets
  mountPath: /run/secrets/heaviside
  readOnly: true
{{- end }}
{{- if .Values.files }}
- name: files
  mountPath: /etc/heaviside/files
  readOnly: true
{{- end }}
{{- end -}}

{{- define "heaviside.volumes" -}}
- name: config
  configMap:
    name: {{ include "heaviside.fullname" . }}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- if .Values.secrets }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $source := .Values.secrets }}
      - secret:
          name: {{ required (printf "secrets.%s.existingSecret names the Secret" $name) $source.existingSecret }}
          items:
            - key: {{ required (printf "secrets.%s.key names the entry of the Secret" $name) $source.key | quote }}
              path: {{ $name | quote }}
      {{- end }}
{{- end }}
{{- if .Values.files }}
- name: files
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $source := .Values.files }}
      {{- if $source.existingSecret }}
      - secret:
          name: {{ $source.existingSecret }}
      {{- else }}
      - configMap:
          name: {{ required (printf "files.%s names an existingSecret or a configMap" $name) $source.configMap }}
      {{- end }}
          items:
            - key: {{ required (printf "files.%s.key names the entry" $name) $source.key | quote }}
              path: {{ $name | quote }}
      {{- end }}
{{- end }}
{{- end -}}
