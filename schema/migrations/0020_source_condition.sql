-- A view that source_status and the web page read.

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES ('source_condition', 'analysts', 'analytics');
