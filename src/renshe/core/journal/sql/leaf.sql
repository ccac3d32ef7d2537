-- What is sealed of an entry e: all of it, in a form that says where one value ends and the next begins.
sha256(convert_to(jsonb_build_array(e.id, (extract(epoch FROM e.at) * 1000000)::bigint, e.operator, e.agency,
    e.terminal, e.case_no, e.reason, e.table_name, e.operation, e.key, e.person, e.unit, e.region,
    e.region_before, e.before IS NULL, e.before, e.after IS NULL, e.after)::text, 'UTF8'))
